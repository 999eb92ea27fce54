using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace CoKe.Web.Hosting;

/// <summary>What the description of all requests says beyond what stands at each.</summary>
static class DoorDescription
{
    const string Bearer = "token";

    public static Task Complete(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellation)
    {
        document.Info = new OpenApiInfo
        {
            Title = "CoKe.Orleans",
            Version = "v1",
            Description =
                "Online constrained k-means over HTTP. Numbers are raw bodies: little-endian, row-major; ids int64, embeddings and "
                + "centers float32, labels int32. Errors are problem documents (RFC 9457) with field, value and remedy.",
        };
        document.Servers = []; // whichever silo was asked
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Bearer] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "The token of the cluster, where it has one.",
            },
        };
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] }];
        return Task.CompletedTask;
    }
}
