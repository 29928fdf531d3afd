"""The duties of the EU Digital Services Act: notices, statements of reasons, the yearly report.

Start with `statement` or `report.Report`.
"""
