def bubble_sort(items):
    items = list(items)
    swapped = True
    while swapped:
        swapped = False
        for j in range(len(items) - 1):
            if items[j] > items[j + 1]:
                items[j], items[j + 1] = items[j + 1], items[j]
    return items
