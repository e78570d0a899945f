"""The dashboard at `/dashboard/`: how the orders go. Delete the folder to go without."""
