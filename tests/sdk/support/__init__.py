"""What the tests of stock clients share."""
