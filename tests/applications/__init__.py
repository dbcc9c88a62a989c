"""Small applications that use the vendor's SDK. Each does what many public applications for the platform do."""
