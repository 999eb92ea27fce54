using CoKe.Access.Rights;
using Microsoft.AspNetCore.Http.Metadata;

namespace CoKe.Web.Guards;

/// <summary>Which right a request needs. Where nothing stands, that to feed and read.</summary>
/// <param name="Right">The right.</param>
sealed record NeedsRight(Right Right);

/// <summary>The largest body of a request, bytes.</summary>
/// <param name="bytes">The most.</param>
sealed class BodyLimit(long bytes) : IRequestSizeLimitMetadata
{
    public long? MaxRequestBodySize => bytes;
}
