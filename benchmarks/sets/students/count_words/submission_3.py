def count_words(text):
    words = text.replace(".", " ").replace(",", " ").split()
    counts = {}
    for word in words:
        counts[word] = words.count(word)
    return counts
