using System.Text.Json;
using System.Text.RegularExpressions;
using CoKe.Web.Tests.Driving;
using CoKe.Web.Tests.Visitors;
using Microsoft.AspNetCore.Routing;

namespace CoKe.Web.Tests.Runs;

/// <summary>The description for programs and the page for people name every request that there is, and no other.</summary>
public sealed partial class DescriptionTests(OneDoor door) : IClassFixture<OneDoor>
{
    [Fact]
    public async Task Description_IsJson_AndNamesEveryRequest()
    {
        var document = (await Answer.OfAsync(door.Http.GetAsync("/openapi/v1.json"))).Good().Json;
        Assert.StartsWith("3.", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var described = document
            .GetProperty("paths")
            .EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(method => $"{method.Name.ToUpperInvariant()} {path.Name}"));
        Assert.Equal(await Mapped(), described.Order(StringComparer.Ordinal));
        Assert.All(document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()), method =>
            Assert.NotEqual("", method.Value.GetProperty("summary").GetString())
        );
        Assert.NotEqual(JsonValueKind.Undefined, document.GetProperty("components").GetProperty("securitySchemes").ValueKind);
    }

    [Fact]
    public async Task Page_NamesEveryRequest()
    {
        var page = Repository
            .Read("docs/http.md")
            .Split('\n')
            .SelectMany(line => Request().Matches(line.Split(" | ")[0]).Select(match => $"{match.Groups[1]} {match.Groups[2]}"))
            .Distinct()
            .Order(StringComparer.Ordinal);
        Assert.Equal(await Mapped(), page);
    }

    async Task<IEnumerable<string>> Mapped() =>
        (await RightTests.EndpointsOf(door))
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/v1", StringComparison.Ordinal))
            .SelectMany(endpoint =>
                endpoint
                    .Metadata.GetRequiredMetadata<HttpMethodMetadata>()
                    .HttpMethods.Select(method => $"{method} {endpoint.RoutePattern.RawText!.TrimEnd('/')}")
            )
            .Order(StringComparer.Ordinal);

    [GeneratedRegex(@"`([A-Z]+) (/v1[^?`]*)")]
    private static partial Regex Request();
}
