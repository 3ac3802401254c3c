"""The pages for people: each module has one noun, its handlers decode, make one call of the service, and show."""
