using CoKe.Abstractions;
using CoKe.Abstractions.Rights;
using CoKe.Abstractions.Storage;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Streams;
using Microsoft.AspNetCore.Http;

namespace CoKe.Web.Problems;

/// <summary>Which problem an error is to whoever asked.</summary>
static class ProblemOf
{
    /// <summary>The problem that an error is; null: nobody thought of it.</summary>
    public static Problem? Of(Exception error) =>
        error switch
        {
            VisitorRefusedException e => Of(e.Kind, e.Status, e),
            InvalidEmbeddingsException e => Of("invalid-embeddings", StatusCodes.Status400BadRequest, e),
            InvalidImageIdException e => Of("invalid-image-id", StatusCodes.Status400BadRequest, e),
            InvalidReportException e => Of("invalid-report", StatusCodes.Status400BadRequest, e),
            InvalidRequestException e => Of("invalid-request", StatusCodes.Status400BadRequest, e),
            AttemptConflictException e => Of("attempt-conflict", StatusCodes.Status409Conflict, e),
            InvalidOptionsException e => Of("invalid-options", StatusCodes.Status400BadRequest, e),
            UnknownRunException e => Of("unknown-run", StatusCodes.Status404NotFound, e),
            RunGoneException e => Of("run-gone", StatusCodes.Status410Gone, e),
            UnknownPartException e => Of("unknown-part", StatusCodes.Status404NotFound, e),
            EpochNotReadableException e => Of("epoch-not-readable", StatusCodes.Status404NotFound, e),
            RunConflictException e => Of("run-conflict", StatusCodes.Status409Conflict, e),
            FencedTrainerException e => Of("fenced-trainer", StatusCodes.Status409Conflict, e),
            RunFaultedException e => Of("run-faulted", StatusCodes.Status409Conflict, e),
            RightRefusedException e => Of("right-refused", StatusCodes.Status403Forbidden, e),
            OversizeMessageException e => Of("oversize", StatusCodes.Status413PayloadTooLarge, e),
            OversizeBodyException e => Of("oversize", StatusCodes.Status413PayloadTooLarge, e),
            LengthRequiredException e => Of("length-required", StatusCodes.Status411LengthRequired, e),
            UnsupportedContentException e => Of("unsupported-content", StatusCodes.Status415UnsupportedMediaType, e),
            TooBusyException e => Of("too-busy", StatusCodes.Status429TooManyRequests, e),
            RunRecoveringException e => Of("run-recovering", StatusCodes.Status503ServiceUnavailable, e),
            SiloNotReadyException or SilosSilentException or StaleCallException or StorageFailedException => Of(
                "unavailable",
                StatusCodes.Status503ServiceUnavailable,
                (CokeException)error
            ),
            CokeException e => Of("invalid-request", StatusCodes.Status400BadRequest, e),
            BadHttpRequestException e => OfRequest(e),
            TimeoutException
            or OrleansException
            or IOException
            or OperationCanceledException
            or ArgumentException { Source: "Orleans.Core" } => Problem.Of(
                "unavailable",
                StatusCodes.Status503ServiceUnavailable,
                "A silo that was asked did not answer, perhaps because it died or stops: ask again.",
                "silo",
                error.GetType().Name
            ),
            _ => null,
        };

    /// <summary>What is said of an error that nobody thought of; the log has more.</summary>
    public static Problem Unthought { get; } =
        Problem.Of(
            "internal",
            StatusCodes.Status500InternalServerError,
            "The silo failed at this request: see its log, and report what it says there.",
            "request",
            ""
        );

    static Problem Of(string kind, int status, CokeException e) => Problem.Of(kind, status, e.Message, e.Field, e.Value);

    // Kestrel's and the binder's own.
    static Problem OfRequest(BadHttpRequestException e) =>
        e.StatusCode switch
        {
            StatusCodes.Status408RequestTimeout => Problem.Of(
                "slow-body",
                e.StatusCode,
                "The body came too slowly: send it again, over a faster connection or in smaller parts.",
                "body",
                "slow"
            ),
            StatusCodes.Status413PayloadTooLarge => Problem.Of(
                "oversize",
                e.StatusCode,
                "The body is larger than this request takes: send it in several requests.",
                "body",
                "oversize"
            ),
            StatusCodes.Status415UnsupportedMediaType => Problem.Of(
                "unsupported-content",
                e.StatusCode,
                "The body is not of the kind that this request takes: send JSON as application/json.",
                "Content-Type",
                ""
            ),
            _ => RequestWords.Problem(e),
        };
}
