"""What happens: facts are heard, people work on alerts, the clock runs. Each locks, decides, saves and tells."""
