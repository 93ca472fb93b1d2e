"""What every request passes: settings, admission of connections, security, logs, metrics, errors."""
