"""What ``make repro`` says at its end: where the report lies, and what it is about."""

from mnist_report import files, paths


def main() -> None:
    """Name the report and the data set it was made from."""
    fetched = files.read_json(paths.metrics_file("fetch"))
    print(f"\nThe report on {fetched['title']} is made:")
    for path in sorted(paths.REPORT.glob("report.*")):
        print(f"  {path.relative_to(paths.ROOT)}")
    print("Runs: 'make ui'. Results against the paper: 'make verify'.")
    if not fetched["comparable_with_paper"]:
        print("This is NOT MNIST: its figures are not comparable with the paper's.")


if __name__ == "__main__":
    main()
