"""What the site does while the things it stands on fail: `make drill`, docs/reliability.md."""
