"""Files of lists, as the scripts beside this one read them."""


def read(path):
    """user, item, ...; tab-separated, no header -> the items of each user, in the order of the file."""
    lists = {}
    for line in open(path, encoding="utf-8"):
        user, item, *_ = line.rstrip("\n").split("\t")
        lists.setdefault(user, []).append(item)
    return lists


def read_run(path):
    """A TREC run -> the items of each user, best first."""
    lists = {}
    for line in open(path, encoding="utf-8"):
        user, _, item, rank, *_ = line.split()
        lists.setdefault(user, []).append((int(rank), item))
    return {user: [item for _, item in sorted(rows)] for user, rows in lists.items()}
