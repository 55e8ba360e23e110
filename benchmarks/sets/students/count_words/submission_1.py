def count_words(text):
    counts = {}
    text = text.replace(".", "").replace(",", " ")
    for word in text.split(" "):
        word = word.lower()
        if word in counts:
            counts[word] += 1
        else:
            counts[word] = 1
    return counts
