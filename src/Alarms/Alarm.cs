using System.Text.Json.Serialization;
using CoKe.ConstrainedKMeans;

namespace CoKe.Alarms;

/// <summary>Something that looks wrong in one epoch of a run, as it was found.</summary>
/// <param name="Kind">What.</param>
/// <param name="Severity">How bad.</param>
/// <param name="Head">The head, from 0; null: all of the run.</param>
/// <param name="Value">What was measured; its unit is that of the kind.</param>
/// <param name="Bound">What the value should keep to, in the same unit.</param>
/// <param name="Sentence">What it is, for people; without its end, so that a remedy can follow.</param>
public sealed record Finding(AlarmKind Kind, AlarmSeverity Severity, int? Head, double Value, double Bound, string Sentence)
{
    /// <summary>The minimum sizes that the head's epoch missed; null: not known, or none is meant.</summary>
    public Shortfall? Missed { get; init; }
}

/// <summary>An alarm: a finding, the epochs in which it was made, and what to do. There is one of a kind for every head.</summary>
/// <param name="Kind">What.</param>
/// <param name="Severity">How bad.</param>
/// <param name="Head">The head, from 0; null: all of the run.</param>
/// <param name="Epoch">The epoch in which it arose first; 0 is the scan, or the first pass.</param>
/// <param name="LastEpoch">The last epoch in which it was found.</param>
/// <param name="Stands">Whether it was found in the last epoch that is known, too.</param>
/// <param name="Value">What was measured in <paramref name="LastEpoch"/>.</param>
/// <param name="Bound">What the value should keep to, in the same unit.</param>
/// <param name="Sentence">What was found in <paramref name="LastEpoch"/>, for people; without its end.</param>
/// <param name="Remedy">What to do, in the words of the command that says it; without its end.</param>
public sealed record Alarm(
    AlarmKind Kind,
    AlarmSeverity Severity,
    int? Head,
    int Epoch,
    int LastEpoch,
    bool Stands,
    double Value,
    double Bound,
    string Sentence,
    string Remedy
)
{
    /// <summary>Sentence and remedy, whole.</summary>
    [JsonIgnore]
    public string Text => $"{Sentence}: {Remedy}.";
}
