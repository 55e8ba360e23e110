def show_word(word, guessed):
    shown = []
    for letter in word.lower():
        if letter in guessed:
            shown.append(letter)
        elif letter == " ":
            shown.append("_")
        else:
            shown.append("_")
    return " ".join(shown)
