"""What all resources share; nothing in here names one of them."""
