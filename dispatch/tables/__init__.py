"""What is stored. Tables validate nothing: wire models and domain code do."""
