using CoKe.Client;
using CoKe.Web.Arrays;
using CoKe.Web.Endpoints;
using CoKe.Web.Guards;
using CoKe.Web.Page;
using CoKe.Web.Problems;
using CoKe.Web.Watching;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CoKe.Web.Hosting;

/// <summary>
/// The door: runs over HTTP, for programs in any language. docs/http.md describes the requests. It keeps nothing between two requests, so
/// that each may go to any silo.
/// </summary>
/// <remarks>
/// Its calls start inside a silo and carry the cluster's right, so that it checks itself what a visitor may do, and calls only what clients
/// may call; a test holds it to that.
/// </remarks>
public static class Door
{
    /// <summary>Where its requests begin.</summary>
    public const string Path = "/v1";

    /// <summary>The description of all requests.</summary>
    public const string Description = "/openapi/v1.json";

    /// <summary>Adds what it needs to a host that has an <see cref="IClusterClient"/> and the embedding streams.</summary>
    public static IServiceCollection AddDoor(this IServiceCollection services, DoorOptions options)
    {
        services.AddRouting(routing => routing.SuppressCheckForUnhandledSecurityMetadata = true);
        services.AddSingleton(options);
        services.AddSingleton(host => new CokeClient(host.GetRequiredService<IClusterClient>()) { GiveUpAfter = options.Patience });
        services.AddSingleton<KnownRuns>();
        services.AddSingleton<HeavyWork>();
        services.AddSingleton<CenterMaps>();
        services.AddSingleton<Newsroom>();
        services.TryAddSingleton(TimeProvider.System);
        // Words alone: numbers hardly shrink, and events must not wait for more of them.
        services.AddResponseCompression(packing =>
        {
            packing.EnableForHttps = true; // no answer repeats a secret
            packing.MimeTypes = ["application/json"];
            packing.Providers.Add<GzipCompressionProvider>();
        });
        services.AddSingleton(new BodyRooms(options.BodyBytes));
        services.Configure<JsonOptions>(json => DoorJson.Apply(json.SerializerOptions));
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.AddOpenApi("v1", api => api.AddDocumentTransformer(DoorDescription.Complete));
        return services;
    }

    /// <summary>Answers errors with problem documents and checks visitors. Stands between routing and the endpoints.</summary>
    public static IApplicationBuilder UseDoor(this IApplicationBuilder app) =>
        app.UseResponseCompression().UseMiddleware<ProblemWriter>().UseMiddleware<VisitorCheck>().UseMiddleware<HostCheck>();

    /// <summary>Maps its requests, and the page at the root.</summary>
    public static void MapDoor(this IEndpointRouteBuilder app)
    {
        var known = app.ServiceProvider.GetRequiredService<KnownRuns>();
        var runs = app.MapGroup($"{Path}/runs").AddEndpointFilter(BodyPace.Apply);
        var run = runs.MapGroup("{run}").AddEndpointFilter(known.WatchAsync);
        SiloEndpoints.Map(app.MapGroup(Path));
        RunEndpoints.Map(runs, run);
        RankEndpoints.Map(run);
        TrainerEndpoints.Map(run);
        ReadEndpoints.Map(run);
        QuestionEndpoints.Map(run);
        AssignEndpoints.Map(run);
        PictureEndpoints.Map(run);
        SeriesEndpoints.Map(run);
        EventEndpoints.Map(app.MapGroup(Path), run);
        app.MapOpenApi(Description);
        PageEndpoints.Map(app);
    }
}
