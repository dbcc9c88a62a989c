"""The phone in the browser: its page, the state that the page shows, and a call as steps and as a test."""
