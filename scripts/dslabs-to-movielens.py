#!/usr/bin/env python3
"""Turns the `movielens` data frame of the R package dslabs into a MovieLens "latest-small" folder.

    dslabs-to-movielens.py DATA_FOLDER DESTINATION

DATA_FOLDER is the package's `data` folder (`Rdata.rdx`, `Rdata.rdb`); DESTINATION gets

    ratings.csv   userId,movieId,rating,timestamp   ordered by userId, then movieId
    movies.csv    movieId,title,genres              ordered by movieId; title as "Matrix, The (1999)"

Python's standard library only: R's serialization format is small. What is read of it ("R Internals", section
1.8 Serialization Formats, https://cran.r-project.org/doc/manuals/r-release/R-ints.html):

    Rdata.rdx   a compressed RDS: list(variables = list(NAME = c(offset, length)), references, compressed)
    Rdata.rdb   at [offset, offset + length): the unpacked size (big-endian u32), then a zlib stream of an RDS
    RDS         "X\\n", version, two R versions, in version 3 the native encoding; then one object
    object      u32 flags (low byte: type, 0x100: class bit, 0x200: has attributes, 0x400: has a tag), content

Everything is checked: a wrong file ends in one line that says what was wrong, and writes nothing.
"""

import csv
import os
import struct
import sys
import zlib

# The object types of R that a data frame of numbers, strings and factors is made of (SEXPTYPE).
SYMBOL, PAIRLIST, CHARS, LOGICAL, INTEGER, REAL, STRINGS, LIST = 1, 2, 9, 10, 13, 14, 16, 19
NIL, REFERENCE = 254, 255

NA_INTEGER = -(2**31)
COLUMNS = ["movieId", "title", "year", "genres", "userId", "rating", "timestamp"]
UNKNOWN_TITLE = "(unknown)"
NO_GENRES = "(no genres listed)"


class Malformed(Exception):
    """The bytes are not what the format says."""


class Vector:
    """An R vector: its values, and its attributes by name ("names", "levels", "class")."""

    def __init__(self, values):
        self.values = values
        self.attributes = {}

    def named(self):
        """A list with names as a dictionary."""
        names = self.attributes.get("names")
        if names is None or len(names.values) != len(self.values):
            raise Malformed("a list without names")
        return dict(zip(names.values, self.values))


class Reader:
    """Reads one object of an XDR (big-endian) RDS."""

    def __init__(self, data):
        self.data = data
        self.at = 0
        self.symbols = []
        if self.take(2) != b"X\n":
            raise Malformed("not an XDR serialization")
        version = self.u32()
        self.take(8)
        if version == 3:
            self.take(self.u32())
        elif version != 2:
            raise Malformed(f"serialization version {version}, expected 2 or 3")

    def take(self, count):
        piece = self.data[self.at : self.at + count]
        if len(piece) != count:
            raise Malformed(f"ends at byte {len(self.data)}, {count} more expected at {self.at}")
        self.at += count
        return piece

    def u32(self):
        return struct.unpack(">I", self.take(4))[0]

    def numbers(self, code, width):
        count = self.u32()
        return list(struct.unpack(f">{count}{code}", self.take(count * width)))

    def object(self):
        flags = self.u32()
        kind = flags & 0xFF
        if kind == NIL:
            return None
        if kind == SYMBOL:
            self.symbols.append(self.object())
            return self.symbols[-1]
        if kind == REFERENCE:
            index = flags >> 8 or self.u32()
            if not 1 <= index <= len(self.symbols):
                raise Malformed(f"reference to symbol {index} of {len(self.symbols)}")
            return self.symbols[index - 1]
        if kind == CHARS:
            length = self.u32()
            if length == 0xFFFFFFFF:  # NA
                return None
            # Latin-1 strings carry a flag of their own (0x4 in the general-purpose bits); the rest is UTF-8.
            return self.take(length).decode("latin-1" if flags >> 12 & 0x4 else "utf-8")
        if kind == PAIRLIST:
            return self.pairlist(flags)
        if kind in (LOGICAL, INTEGER):
            vector = Vector(self.numbers("i", 4))
        elif kind == REAL:
            vector = Vector(self.numbers("d", 8))
        elif kind in (STRINGS, LIST):
            vector = Vector([self.object() for _ in range(self.u32())])
        else:
            raise Malformed(f"object type {kind} at byte {self.at - 4} is none that a data frame is made of")
        if flags & 0x200:
            vector.attributes = self.object()
        return vector

    def pairlist(self, flags):
        """Attributes, a linked list of (tag, value), as a dictionary."""
        result = {}
        while flags & 0xFF == PAIRLIST:
            if flags & 0x200:
                self.object()
            tag = self.object() if flags & 0x400 else None
            result[tag] = self.object()
            flags = self.u32()
        if flags & 0xFF != NIL:
            raise Malformed("a pairlist without an end")
        return result


def read_variable(folder, name):
    """The value that a package's lazy-load database holds under a name."""
    with open(os.path.join(folder, "Rdata.rdx"), "rb") as file:
        index = Reader(zlib.decompressobj(wbits=47).decompress(file.read())).object()  # 47: gzip or zlib header
    places = index.named()["variables"].named()
    if name not in places:
        raise Malformed(f'no data set "{name}", there are: {", ".join(places)}')
    offset, length = places[name].values
    with open(os.path.join(folder, "Rdata.rdb"), "rb") as file:
        file.seek(offset)
        packed = file.read(length)
    if len(packed) != length:
        raise Malformed(f"Rdata.rdb ends inside {name}")
    data = zlib.decompress(packed[4:])
    if len(data) != struct.unpack(">I", packed[:4])[0]:
        raise Malformed(f"{name} has {len(data)} bytes, its header says otherwise")
    return Reader(data).object()


def columns(frame):
    """The columns of the data frame as lists of one length; factors as their labels; None where R has NA."""
    named = frame.named()
    missing = [name for name in COLUMNS if name not in named]
    if missing:
        raise Malformed(f'columns missing: {", ".join(missing)}')
    result = []
    for name in COLUMNS:
        vector = named[name]
        values = [None if value == NA_INTEGER else value for value in vector.values]
        if "levels" in vector.attributes:
            labels = vector.attributes["levels"].values
            values = [None if value is None else labels[value - 1] for value in values]  # levels count from 1
        result.append(values)
    if len({len(values) for values in result}) != 1:
        raise Malformed("columns of different lengths")
    return result


def movielens_title(title, year):
    """("Matrix, The", 1999) -> "Matrix, The (1999)": the form of GroupLens, which dslabs took apart."""
    if title is None:
        return UNKNOWN_TITLE
    return title if year is None else f"{title} ({year})"


def convert(folder):
    movies, ratings = {}, []
    for movie, title, year, genres, user, rating, time in zip(*columns(read_variable(folder, "movielens"))):
        if None in (movie, user, rating, time):
            raise Malformed(f"row {len(ratings) + 1}: a rating without user, movie, value or time")
        movies[movie] = (movielens_title(title, year), genres or NO_GENRES)
        ratings.append((user, movie, rating, time))
    ratings.sort()

    # What we know of the data; a package that changed must not be taken for it silently.
    if len(ratings) <= 100_000:
        raise Malformed(f"{len(ratings)} ratings, expected more than 100,000")
    if movies.get(2571, ("nothing",))[0] != "Matrix, The (1999)":
        raise Malformed(f'movie 2571 is {movies.get(2571, ("nothing",))[0]}, expected Matrix, The (1999)')
    return movies, ratings


def write(path, header, rows):
    """Under another name first: a folder that has the file has all of it."""
    with open(path + ".part", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    os.replace(path + ".part", path)


def main(arguments):
    if len(arguments) != 2:
        sys.exit("usage: dslabs-to-movielens.py DATA_FOLDER DESTINATION")
    folder, destination = arguments
    try:
        movies, ratings = convert(folder)
        os.makedirs(destination, exist_ok=True)
        write(
            os.path.join(destination, "movies.csv"),
            ["movieId", "title", "genres"],
            ((movie, *movies[movie]) for movie in sorted(movies)),
        )
        write(os.path.join(destination, "ratings.csv"), ["userId", "movieId", "rating", "timestamp"], ratings)
    except (Malformed, OSError, LookupError, TypeError, ValueError, AttributeError, struct.error, zlib.error) as error:
        sys.exit(f"dslabs-to-movielens: {folder}: {error} (is this the data folder of r-cran-dslabs?)")
    users = len({rating[0] for rating in ratings})
    print(f"{len(ratings):,} ratings, {users:,} users, {len(movies):,} movies")
    untitled = {movie for movie, (title, _) in movies.items() if title == UNKNOWN_TITLE}
    rows = sum(rating[1] in untitled for rating in ratings)
    if untitled:
        print(f'{rows} ratings are of {len(untitled)} movies that have no title here: kept, titled "{UNKNOWN_TITLE}"')


if __name__ == "__main__":
    main(sys.argv[1:])
