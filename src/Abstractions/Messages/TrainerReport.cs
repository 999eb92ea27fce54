using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CoKe.Abstractions;

/// <summary>
/// What a trainer tells of itself beside its embeddings. It is kept in memory only, the last one of every rank, and nothing is computed
/// from it but what people are shown. What is null was not told.
/// </summary>
/// <param name="Host">Where it runs: 1 to <see cref="LongestHost"/> characters of printable text.</param>
/// <param name="ProcessId">Its process there, 1 or more.</param>
/// <param name="ImagesPerSecond">Images that it hands over per second, over some 10 s; 0 or more.</param>
/// <param name="WaitedShare">The share of that time in which it waited for the clustering, 0 to 1.</param>
/// <param name="Loss">Of its last step; may be NaN or infinite, which is a sign of its own.</param>
/// <param name="LearningRate">Of its last step, 0 or more.</param>
/// <param name="LastEpoch">The last epoch that it means to go through, counted as the run counts them: 0 is the scan.</param>
[GenerateSerializer, Immutable]
public sealed record TrainerReport(
    string? Host = null,
    int? ProcessId = null,
    double? ImagesPerSecond = null,
    double? WaitedShare = null,
    [property: JsonConverter(typeof(NamedNumberConverter))] double? Loss = null,
    double? LearningRate = null,
    int? LastEpoch = null
)
{
    /// <summary>Characters of a host's name at most.</summary>
    public const int LongestHost = 64;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="InvalidReportException">Names the field, its value and what is allowed.</exception>
    public void Validate()
    {
        if (Host is { Length: 0 or > LongestHost })
            throw new InvalidReportException(
                "host",
                $"{Host.Length} characters",
                $"The host has {Host.Length} characters: give 1 to {LongestHost}, or leave it out."
            );
        if (Host?.Any(character => !IsPrintable(character)) == true)
            throw new InvalidReportException("host", Host, "The host has characters that cannot be printed: give its plain name.");
        if (ProcessId < 1)
            throw new InvalidReportException("processId", $"{ProcessId}", $"processId is {ProcessId}: give 1 or more.");
        AtLeastZero("imagesPerSecond", ImagesPerSecond);
        AtLeastZero("learningRate", LearningRate);
        if (WaitedShare is { } share && share is not (>= 0 and <= 1))
            throw new InvalidReportException(
                "waitedShare",
                Text(share),
                $"waitedShare is {Text(share)}: give the share of time that was waited, from 0 to 1."
            );
        if (LastEpoch < 0)
            throw new InvalidReportException("lastEpoch", $"{LastEpoch}", $"lastEpoch is {LastEpoch}: epochs count from 0.");
    }

    /// <summary>A host's name as a report may have it; null where nothing printable is in it.</summary>
    /// <param name="name">As the system gives it.</param>
    public static string? PrintableHost(string name)
    {
        var printable = string.Concat(name.Where(IsPrintable).Take(LongestHost));
        return printable.Length == 0 ? null : printable;
    }

    // Nothing that moves a cursor, hides or reverses text, or is half of a character.
    static bool IsPrintable(char character) =>
        char.GetUnicodeCategory(character)
            is not (
                UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.Surrogate
                or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned
            );

    static void AtLeastZero(string field, double? value)
    {
        if (value is { } number && !(double.IsFinite(number) && number >= 0))
            throw new InvalidReportException(field, Text(number), $"{field} is {Text(number)}: give a finite number, 0 or more.");
    }

    static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A number in JSON that may be none: <c>"NaN"</c>, <c>"Infinity"</c> and <c>"-Infinity"</c> are text, everything else a
/// number.</summary>
public sealed class NamedNumberConverter : JsonConverter<double>
{
    /// <inheritdoc/>
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType != JsonTokenType.String
            ? reader.GetDouble()
            : reader.GetString() switch
            {
                "NaN" => double.NaN,
                "Infinity" => double.PositiveInfinity,
                "-Infinity" => double.NegativeInfinity,
                _ => throw new JsonException("The JSON value could not be converted to a number."),
            };

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (double.IsFinite(value))
            writer.WriteNumberValue(value);
        else
            writer.WriteStringValue(
                double.IsNaN(value) ? "NaN"
                : value > 0 ? "Infinity"
                : "-Infinity"
            );
    }
}
