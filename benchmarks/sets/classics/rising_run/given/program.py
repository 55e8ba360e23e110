"""The longest rising subsequence."""


def longest_rising(numbers):
    """The length of the longest strictly rising subsequence of ``numbers``."""
    last_of_length = {}
    longest = 0
    for index, number in enumerate(numbers):
        shorter = [length for length in range(1, longest + 1) if numbers[last_of_length[length]] < number]
        length = max(shorter, default=0)
        if length == longest or number < numbers[last_of_length[length + 1]]:
            last_of_length[length + 1] = index
            longest = length + 1
    return longest
