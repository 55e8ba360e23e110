def is_palindrome(text):
    text = text.lower()
    cleaned = ""
    for c in text:
        if c.isalpha:
            cleaned += c
    return cleaned == cleaned[::-1]
