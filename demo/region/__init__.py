"""The demonstration region: five years of deliveries, as files, fitted to the published tables (decision 0021)."""
