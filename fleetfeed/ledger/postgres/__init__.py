"""The ledger on PostgreSQL: many repositories and thousands of seats on one feed."""
