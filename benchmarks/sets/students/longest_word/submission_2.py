def longest_word(text):
    words = [w.strip(".,!?;:") for w in text.split()]
    words.sort(key=len)
    return words[-1]
