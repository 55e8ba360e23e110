def is_palindrome(text):
    letters = [c for c in text.lower() if c.isalnum()]
    i = 0
    j = len(letters)
    while i < j:
        if letters[i] != letters[j]:
            return False
        i += 1
        j -= 1
    return True
