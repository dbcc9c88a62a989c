"""Media streams of the emulator."""
