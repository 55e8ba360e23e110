def longest_word(text):
    best = 0
    for word in text.split():
        word = word.strip(".,!?;:")
        if len(word) > best:
            best = len(word)
    return best
