namespace CoKe.Alarms;

/// <summary>Alarms for people: heads of which the same is said share a line.</summary>
public static class AlarmText
{
    /// <summary>
    /// One line for every kind, failures first: the sentence of the first head, its remedy, and which other heads it is true of.
    /// </summary>
    /// <param name="alarms">The alarms.</param>
    public static IEnumerable<string> Lines(IEnumerable<Alarm> alarms) =>
        alarms
            .GroupBy(alarm => (alarm.Kind, alarm.Severity, alarm.Stands))
            .OrderByDescending(kind => kind.Key.Stands)
            .ThenByDescending(kind => kind.Key.Severity)
            .ThenBy(kind => kind.Key.Kind)
            .Select(Line);

    /// <summary>What a run ends with: how many alarms stand, and how many arose and are over; null: there was none.</summary>
    /// <param name="alarms">All alarms of the run.</param>
    public static string? Summary(IReadOnlyCollection<Alarm> alarms)
    {
        var stand = alarms.Count(alarm => alarm.Stands);
        var over = alarms.Count - stand;
        return alarms.Count == 0
            ? null
            : $"{(stand == 0 ? "No alarm stands" : stand == 1 ? "One alarm stands" : $"{stand} alarms stand")}"
                + $"{(over == 0 ? "" : over == 1 ? "; one arose and is over" : $"; {over} arose and are over")}.";
    }

    static string Line(IGrouping<(AlarmKind, AlarmSeverity, bool Stands), Alarm> kind)
    {
        var first = kind.First();
        var others = kind.Skip(1).Select(alarm => alarm.Head).Order().ToArray();
        var same = others.Length == 0 ? "" : $" The same of head{(others.Length == 1 ? "" : "s")} {string.Join(", ", others)}.";
        var until = first.Stands ? "" : $" Over: epoch {kind.Max(alarm => alarm.LastEpoch)} was the last.";
        return first.Text + same + until;
    }
}
