using System.Text.Json;
using System.Text.RegularExpressions;
using CoKe.Errors;
using Microsoft.AspNetCore.Http;

namespace CoKe.Web.Problems;

/// <summary>What was wrong with a request that could not be read, in our words.</summary>
static partial class RequestWords
{
    const string Kind = "invalid-request";

    /// <summary>The problem of a request whose parameters or JSON could not be read.</summary>
    public static Problem Problem(BadHttpRequestException e)
    {
        if (e.InnerException is JsonException json)
            return Of(json.Path is { Length: > 1 } path ? path[2..] : "body", "text", Sentence(json));
        if (Unbound().Match(e.Message) is { Success: true } unbound)
        {
            var (type, name, value) = (unbound.Groups[1].Value, unbound.Groups[2].Value, unbound.Groups[3].Value);
            return Of(name, value, $"{name} is '{value}', which is {NotA(type)}.");
        }

        if (Missing().Match(e.Message) is { Success: true } missing)
            return Of(missing.Groups[2].Value, "missing", $"The request does not say {missing.Groups[2].Value}: give it in the query.");
        return Of("request", "unreadable", $"The request cannot be read: {e.Message.TrimEnd('.')}.");
    }

    /// <summary>What is wrong with JSON, without the names of our types.</summary>
    public static string Sentence(JsonException json)
    {
        if (Lacking().Match(json.Message) is { Success: true } lacking)
            return $"The body lacks {lacking.Groups[1].Value}: give it, as /openapi/v1.json describes.";
        if (Strange().Match(json.Message) is { Success: true } strange)
            return $"The body has {strange.Groups[1].Value}, which nothing here is called: leave it out, or mend its name.";
        return Mistyped().IsMatch(json.Message)
            ? $"The body has something else at {json.Path} than /openapi/v1.json describes: mend it."
            : $"The body is no JSON: {json.Message.Split(" Path: ")[0].TrimEnd('.')}.";
    }

    static Problem Of(string field, string value, string sentence) =>
        Problems.Problem.Of(Kind, StatusCodes.Status400BadRequest, VisibleText.Sentence(sentence), field, value);

    static string NotA(string type) =>
        type.TrimEnd('?') switch
        {
            "double" => "no number: give one like 1.5",
            "string" => "no text: give one",
            _ => "no whole number in range: give one like 3",
        };

    [GeneratedRegex("""missing required properties including: ('[^.]*)\.""")]
    private static partial Regex Lacking();

    [GeneratedRegex("""The JSON property ('.*') could not be mapped""", RegexOptions.Singleline)]
    private static partial Regex Strange();

    [GeneratedRegex("""could not be converted|cannot be null|doesn't allow (setting )?null""")]
    private static partial Regex Mistyped();

    [GeneratedRegex("""Failed to bind parameter "(\S+) (\w+)" from "(.*)"\.""", RegexOptions.Singleline)]
    private static partial Regex Unbound();

    [GeneratedRegex("""Required parameter "(\S+) (\w+)" was not provided""")]
    private static partial Regex Missing();
}
