def count_words(text):
    counts = {}
    for word in text.lower().replace(".", " ").replace(",", " ").split():
        if word not in counts:
            counts[word] = 0
        else:
            counts[word] += 1
    return counts
