def grade_average(grades):
    if not grades:
        return 0
    kept = sorted(grades)
    if len(kept) >= 2:
        kept = kept[:-1]
    return sum(kept) / len(kept)
