"""What requests and answers say."""
