"""Tables of figures: as markdown, and as what a JSON file has."""
import dataclasses
import typing


@dataclasses.dataclass
class Column:
    key: str
    heading: str
    form: str = "{}"


@dataclasses.dataclass
class Table:
    """`rows` are dictionaries: "who", "family" (see servers), and a value for each column, or "why" there is none."""
    key: str
    title: str
    columns: typing.List[Column]
    note: str = ""
    rows: typing.List[dict] = dataclasses.field(default_factory=list)

    def add(self, who, family, **values):
        self.rows.append({"who": who, "family": family, **values})

    def missing(self, who, family, why):
        self.rows.append({"who": who, "family": family, "why": f"not measured: {why}"})

    def value(self, key, **wanted):
        """Of the first row that has these values; None: there is none, or it was not measured."""
        for row in self.rows:
            if all(row.get(name) == value for name, value in wanted.items()):
                return row.get(key)
        return None

    def markdown(self):
        lines = [f"### {self.title}", ""]
        if self.note:
            lines += [self.note, ""]
        lines += ["| " + " | ".join(["who", *(column.heading for column in self.columns)]) + " |",
                  "| " + " | ".join(["---"] * (1 + len(self.columns))) + " |"]
        return "\n".join(lines + [self.line(row) for row in self.rows]) + "\n"

    def line(self, row):
        cells = [row["who"]]
        for column in self.columns:
            value = row.get(column.key)
            cells.append("–" if value is None else column.form.format(value))
        if "why" in row:
            cells[-1 if self.columns else 0] += f" {row['why']}"
        return "| " + " | ".join(cells) + " |"

    def as_json(self):
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields):
        return cls(**{**fields, "columns": [Column(**column) for column in fields["columns"]]})


def reason_of(cause):
    """An exception in one line, short enough for a cell."""
    text = " ".join(str(cause).split()) or type(cause).__name__
    return text.replace("|", "/")[:200]
