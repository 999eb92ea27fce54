using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CoKe.Web.Tests.Driving;

/// <summary>What the door answered, read to its end.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Bytes">Its body.</param>
/// <param name="Message">Its headers.</param>
sealed partial record Answer(HttpStatusCode Status, byte[] Bytes, HttpResponseMessage Message)
{
    public const string ProblemType = "application/problem+json";

    static readonly HashSet<string> _documented =
    [
        .. Repository
            .Read("docs/http.md")
            .Split('\n')
            .Select(line => Row().Match(line))
            .Where(row => row.Success)
            .SelectMany(row => row.Groups[1].Value.Split(", "), (row, status) => (row, status))
            .SelectMany(one => Kinds().Matches(one.row.Groups[2].Value), (one, kind) => $"{one.status} {kind.Groups[1]}"),
    ];

    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Bytes);

    public string? Type => Message.Content.Headers.ContentType?.MediaType;

    /// <summary>The kind of problem, without what all have before it; null where it is none.</summary>
    public string? Kind => Type == ProblemType ? Json.GetProperty("type").GetString()!["urn:coke:".Length..] : null;

    public static async Task<Answer> OfAsync(Task<HttpResponseMessage> asked)
    {
        var message = await asked;
        return new Answer(message.StatusCode, await message.Content.ReadAsByteArrayAsync(), message);
    }

    public string? Header(string name) =>
        Message.Headers.TryGetValues(name, out var values) || Message.Content.Headers.TryGetValues(name, out values)
            ? string.Join(",", values)
            : null;

    /// <summary>It worked.</summary>
    public Answer Good(HttpStatusCode status = HttpStatusCode.OK)
    {
        Assert.True(Status == status, $"{(int)Status}: {System.Text.Encoding.UTF8.GetString(Bytes)}");
        return this;
    }

    /// <summary>It is a whole problem document of that status and kind, which says what was wrong and what to do.</summary>
    public Answer Refused(int status, string kind, string? field = null)
    {
        AssertProblem();
        var problem = Json;
        Assert.Equal((status, kind), ((int)Status, Kind));
        if (field is not null)
            Assert.Equal(field, problem.GetProperty("field").GetString());
        return this;
    }

    /// <summary>Whatever is wrong, it is told in full.</summary>
    public void AssertProblem()
    {
        Assert.True(Type == ProblemType, $"{(int)Status} {Type}: {System.Text.Encoding.UTF8.GetString(Bytes)}");
        var problem = Json;
        Assert.StartsWith("urn:coke:", problem.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.Equal((int)Status, problem.GetProperty("status").GetInt32());
        Assert.True(_documented.Contains($"{(int)Status} {Kind}"), $"docs/http.md knows no {(int)Status} {Kind}.");
        foreach (var word in new[] { "title", "detail", "field", "remedy" })
            Assert.True(problem.GetProperty(word).GetString() is { Length: > 0 }, $"{word} is empty: {problem}");
        Assert.Equal(JsonValueKind.String, problem.GetProperty("value").ValueKind);
        Assert.EndsWith(problem.GetProperty("remedy").GetString(), problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("CoKe.", problem.GetProperty("detail").GetString(), StringComparison.Ordinal); // a type of ours says nothing
    }

    [GeneratedRegex(@"^\| ([0-9, ]+) \| (`.*) \|$")]
    private static partial Regex Row();

    [GeneratedRegex("`([a-z-]+)`")]
    private static partial Regex Kinds();
}
