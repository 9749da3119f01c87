"""Agent tools: what their settings say of fleetfeed, and what their hooks send."""
