"""What is measured on an image: profiles, polar unwrap, lens light; knows no window and no label."""
