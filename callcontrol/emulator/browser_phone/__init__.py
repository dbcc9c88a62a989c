"""The phone in the browser: its page, the state that the page shows, and the steps or the test that repeat a call."""
