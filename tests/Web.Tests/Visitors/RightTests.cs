using System.Reflection;
using CoKe.Abstractions;
using CoKe.Access.Rights;
using CoKe.Client;
using CoKe.Streams;
using CoKe.Web.Guards;
using CoKe.Web.Hosting;
using CoKe.Web.Tests.Driving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace CoKe.Web.Tests.Visitors;

/// <summary>The door's calls carry the cluster's right, so that its own requests say who may make them.</summary>
public sealed class RightTests(OneDoor door) : IClassFixture<OneDoor>
{
    [Fact]
    public async Task Requests_ThatReachWhatAdministers_NeedTheRightToAdminister()
    {
        using var calls = new ContractCalls(
            [typeof(IRunGrain).Assembly.Location, typeof(IStreamQueueGrain).Assembly.Location],
            [typeof(Door).Assembly.Location, typeof(CokeClient).Assembly.Location]
        );
        var administer = new List<string>();
        foreach (var endpoint in await EndpointsOf(door))
        {
            if (endpoint.Metadata.GetMetadata<MethodInfo>() is not { DeclaringType.Namespace: "CoKe.Web.Endpoints" } handler)
                continue;
            var reached = calls
                .From(handler.DeclaringType.FullName!, handler.Name)
                .Where(call => call.Right >= ContractCalls.AdministerRight)
                .Select(call => call.Called)
                .ToArray();
            var needs = endpoint.Metadata.GetMetadata<NeedsRight>()?.Right ?? Right.Feed;
            Assert.True(
                needs >= Right.Administer == reached.Length > 0,
                $"{endpoint.DisplayName} asks for the right {needs} and reaches [{string.Join(", ", reached)}]. The door's calls carry the "
                    + "cluster's right: only .WithMetadata(new NeedsRight(Right.Administer)) keeps those out who may only feed."
            );
            if (reached.Length > 0)
                administer.Add(handler.Name);
        }

        Assert.Equal(["DeleteAsync", "RestoreAsync"], administer.Order(StringComparer.Ordinal)); // else the search finds nothing any more
    }

    /// <summary>Every request that a door has.</summary>
    internal static async Task<IReadOnlyList<RouteEndpoint>> EndpointsOf(OneDoor door)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton(door.Silo.Client);
        builder.Services.AddSingleton<IGrainFactory>(door.Silo.Client);
        builder.Services.AddSingleton(door.Silo.Client.ServiceProvider.GetRequiredService<QueueProducer>());
        builder.Services.AddDoor(new DoorOptions { IsOnLoopback = true });
        await using var app = builder.Build();
        app.MapDoor();
        return [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()];
    }
}
