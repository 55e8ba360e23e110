def second_largest(numbers):
    """The second largest distinct number, or None when there is none."""
    largest = second = None
    for number in numbers:
        if largest is None or number > largest:
            second = largest
            largest = number
        elif number != largest and (second is None or number > second):
            second = number
    return second


VISIBLE = [([3, 1, 2],), ([5],), ([],), ([4, 4],), ([1, 2, 3],), ([7, 7, 5],), ([-1, -2],)]
HIDDEN = [([2, 1],), ([1, 2],), ([9, 8, 8, 9],), ([0, 0, -1],), ([1, 3, 2],), ([10, 5, 7, 6],), ([2, 2, 2, 1],), ([5, 6, 6],), ([-5, -3, -4],), ([1, 1, 2, 2],), ([3, 2, 3],)]
