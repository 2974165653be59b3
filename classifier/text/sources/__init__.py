"""What articles are read from: files, folders, tables, archives, datasets."""
