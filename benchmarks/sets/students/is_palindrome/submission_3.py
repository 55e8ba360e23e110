def is_palindrome(text):
    letters = [c for c in text if c.isalnum()]
    for i in range(len(letters) // 2):
        if letters[i] != letters[-i]:
            return False
    return True
