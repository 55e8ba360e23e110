"""Where signals come from: each source looks at one thing and tells what it saw. None of them changes anything."""
