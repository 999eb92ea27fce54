using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace CoKe.Web.Problems;

/// <summary>A problem document (RFC 9457).</summary>
/// <param name="Type">What kind of problem, an identifier that stays the same.</param>
/// <param name="Title">The kind in words.</param>
/// <param name="Status">The status of the answer.</param>
/// <param name="Detail">One sentence with field, value and remedy.</param>
/// <param name="Field">What was wrong.</param>
/// <param name="Value">Its value.</param>
/// <param name="Remedy">What to do: the end of the sentence.</param>
public sealed record Problem(
    string Type,
    string Title,
    int Status,
    string Detail,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string Field,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string Value,
    string Remedy
)
{
    /// <summary>The content type.</summary>
    public const string ContentType = "application/problem+json";

    const string Prefix = "urn:coke:";

    /// <summary>A problem of a kind.</summary>
    /// <param name="kind">Words with hyphens.</param>
    /// <param name="status">The status of the answer.</param>
    /// <param name="sentence">One sentence, which ends with the remedy.</param>
    /// <param name="field">What was wrong.</param>
    /// <param name="value">Its value.</param>
    internal static Problem Of(string kind, int status, string sentence, string field, string value) =>
        new(
            Prefix + kind,
            char.ToUpperInvariant(kind[0]) + kind[1..].Replace('-', ' '),
            status,
            sentence,
            field,
            value,
            RemedyIn(sentence)
        );

    /// <summary>Writes it as the answer to a request.</summary>
    internal Task WriteAsync(HttpContext http)
    {
        http.Response.StatusCode = Status;
        if (Status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
            http.Response.Headers.RetryAfter = "1";
        if (Status == StatusCodes.Status401Unauthorized)
            http.Response.Headers.WWWAuthenticate = "Bearer";
        return http.Response.WriteAsJsonAsync(this, DoorJson.Options, ContentType, http.RequestAborted);
    }

    // Sentences say what is wrong, then a colon or a full stop, then what to do.
    static string RemedyIn(string sentence)
    {
        var end = sentence.AsSpan().TrimEnd('.');
        var at = Math.Max(end.LastIndexOf(": "), end.LastIndexOf(". "));
        return at < 0 ? sentence : sentence[(at + 2)..];
    }
}
