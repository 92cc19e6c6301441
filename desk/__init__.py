"""Where people work: the command line `madoguchi`, and the web desk."""
