"""What people hear and see of a piece: sound and piano rolls."""
