using System.Net;
using System.Text.Json;

namespace CoKe.Web.Tests.Driving;

/// <summary>What the door answered, read to its end.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Bytes">Its body.</param>
/// <param name="Message">Its headers.</param>
sealed record Answer(HttpStatusCode Status, byte[] Bytes, HttpResponseMessage Message)
{
    public const string ProblemType = "application/problem+json";

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
        foreach (var word in new[] { "title", "detail", "field", "remedy" })
            Assert.True(problem.GetProperty(word).GetString() is { Length: > 0 }, $"{word} is empty: {problem}");
        Assert.Equal(JsonValueKind.String, problem.GetProperty("value").ValueKind);
        Assert.EndsWith(problem.GetProperty("remedy").GetString(), problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("CoKe.", problem.GetProperty("detail").GetString(), StringComparison.Ordinal); // a type of ours says nothing
    }
}
