"""What users ordered."""
