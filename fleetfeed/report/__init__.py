"""A verdict as text, JSON, GitHub annotations or SARIF: one function a format."""
